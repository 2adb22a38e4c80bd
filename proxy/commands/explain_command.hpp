#pragma once

namespace legible::proxy {

/// `legible explain [ID | ALERT | --markdown]`. Returns the exit status: 0, or 2 for an unknown id.
int explain_command(int argc, char** argv);

}  // namespace legible::proxy
