#pragma once

#include <string>

namespace legible::proxy {

/// Name and version of the program and of the libraries that it runs with, a line each.
std::string version_text();

}  // namespace legible::proxy
