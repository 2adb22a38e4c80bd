#pragma once

#include <string_view>

namespace legible::proxy {

/// The words by which an answer in plain HTTP says that TLS is spoken on its port, as they stand in
/// its text; empty: it does not say so.
std::string_view words_for_tls(std::string_view text);

}  // namespace legible::proxy
