#pragma once

namespace legible::proxy {

/// `legible read`: verdicts from a pcap or pcapng file. Returns the exit status: 0 the file was
/// read whole; 1 it is unreadable or cut short, or another file is; 2 wrong usage.
int read_command(int argc, char** argv);

}  // namespace legible::proxy
