#pragma once

namespace legible::proxy {

/// `legible lab [ID...] [--list] [--report] [--json]`. Returns the exit status: 0 only if all
/// verdicts are right, 1 if not, 2 for wrong usage.
int lab_command(int argc, char** argv);

}  // namespace legible::proxy
