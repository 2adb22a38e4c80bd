#pragma once

#include <string_view>

namespace legible::proxy {

/// `*` stands for any characters, `?` for one; the case of letters does not count.
bool matches_glob(std::string_view glob, std::string_view text);

}  // namespace legible::proxy
