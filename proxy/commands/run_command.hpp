#pragma once

namespace legible::proxy {

/// `legible run`. argv[0] is the command's name. Returns the exit status: 0 after SIGINT or
/// SIGTERM, 1 when something could not be opened, 2 for wrong usage.
int run_command(int argc, char** argv);

}  // namespace legible::proxy
