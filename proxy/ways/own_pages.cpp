#include "proxy/ways/own_pages.hpp"

#include "parser/ascii.hpp"

namespace legible::proxy {

bool is_own_page_host(std::string_view host) {
  return parser::same_in_any_case(host, own_page_host);
}

const HttpPage& OwnPages::page(std::string_view path) const {
  static const HttpPage none{404, "Not Found",
                             "This proxy has no such page. Where it intercepts, its CA is at "
                             "http://legible.internal/."};
  const auto found = pages_.find(path);
  return found == pages_.end() ? none : found->second;
}

}  // namespace legible::proxy
