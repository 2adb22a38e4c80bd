#pragma once

namespace legible::proxy {

/// `legible check-config`; argv[0] is the command's name. Returns the exit status: 0 when a proxy
/// could be run with the file, 1 when not, 2 for wrong usage.
int check_config_command(int argc, char** argv);

}  // namespace legible::proxy
