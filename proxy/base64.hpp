#pragma once

#include <string>
#include <string_view>

#include "proxy/forward_dialogue.hpp"

namespace legible::proxy {

/// RFC 4648 section 4.
std::string base64(std::string_view bytes);

/// The value of an Authorization field of the scheme Basic (RFC 7617 section 2).
std::string basic(const ProxyCredentials& credentials);

}  // namespace legible::proxy
