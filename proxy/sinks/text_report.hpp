#pragma once
// One connection as a person reads it: who spoke to whom, what was said, and the verdict.

#include <string>

#include "proxy/record/event_sink.hpp"
#include "proxy/text/text_layout.hpp"

namespace legible::proxy {

/// Appends the connection's block: a header, a line for each fact that matters, the verdict, and
/// an empty line. A connection that succeeded takes a few lines, one that failed tells all that
/// led there. Every string from a peer is escaped and cut to a readable length. Lines are broken at
/// `width` columns.
void append_report(std::string& out, ConnectionId connection, const Timelines& timelines,
                   const Verdict& verdict, const Palette& palette, std::size_t width = widest_line);

}  // namespace legible::proxy
