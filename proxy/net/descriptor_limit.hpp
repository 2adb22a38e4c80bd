#pragma once

#include <cstddef>

namespace legible::proxy {

/// Raises the process's limit of open files to what is allowed.
void raise_descriptor_limit();

/// How many connections the descriptors that are free now suffice for, with a few kept for name
/// lookups and files. Throws std::runtime_error when not even for one.
std::size_t connections_for_free_descriptors();

/// Does this errno say that this machine is out of descriptors or memory?
bool is_shortage(int error);

}  // namespace legible::proxy
