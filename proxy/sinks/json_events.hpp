#pragma once
// Events as JSON lines: one compact object and a newline each. docs/events.md defines every event
// and field, docs/events.schema.json is their schema.

#include <string>
#include <string_view>

#include "proxy/record/event_sink.hpp"

namespace legible::proxy {

/// Each appends one whole line to `out`, in UTF-8, every string from a peer escaped.
void append_listening(std::string& out, Time time, std::string_view address);
void append_verdict(std::string& out, ConnectionId connection, Time time, const Verdict& verdict);
void append_notice(std::string& out, Time time, std::string_view what);

/// Appends nothing when the entry is no event (an encrypted record, say), and two lines when a
/// client's end shows that it was silent. `before` holds the connection's earlier entries.
void append_entry(std::string& out, ConnectionId connection, const Timeline& before,
                  const Entry& entry);

}  // namespace legible::proxy
