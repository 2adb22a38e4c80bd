#include "proxy/record/trust_settings.hpp"

#include <algorithm>

#include "proxy/text/glob.hpp"

namespace legible::proxy {

const certs::TrustStore* TrustSettings::for_server(std::string_view host) const {
  const auto found = std::ranges::find_if(
      exceptions, [&](const Exception& each) { return matches_glob(each.glob, host); });
  return found == exceptions.end() ? server.get() : found->server.get();
}

}  // namespace legible::proxy
