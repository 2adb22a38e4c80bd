#pragma once
// What the proxy itself answers to a client that asks for http://legible.internal/.

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "proxy/ways/http_page.hpp"

namespace legible::proxy {

/// A name that no public name server will ever know (ICANN reserved `.internal` for private use).
inline constexpr std::string_view own_page_host = "legible.internal";

bool is_own_page_host(std::string_view host);

class OwnPages {
 public:
  using Pages = std::map<std::string, HttpPage, std::less<>>;  ///< by path

  OwnPages() = default;
  explicit OwnPages(Pages pages) : pages_(std::move(pages)) {}

  /// What is there at the path, or the page that says that nothing is.
  const HttpPage& page(std::string_view path) const;

 private:
  Pages pages_;
};

}  // namespace legible::proxy
