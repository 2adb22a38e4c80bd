#pragma once

namespace legible::proxy {

/// `legible ca show|export`: makes the CA where there is none. Gives the exit status: 2 is wrong
/// usage, 1 a file that cannot be used, written or made.
int ca_command(int argc, char** argv);

}  // namespace legible::proxy
