#pragma once
// What HTTP says, as JSON lines: requests, responses, and what ends them early. docs/events.md
// defines every event and field.

#include <string>

#include "proxy/record/event_sink.hpp"

namespace legible::proxy {

/// Appends one whole line to `out`. Values of fields that carry credentials are masked.
void append_http(std::string& out, ConnectionId connection, Time time, Leg from,
                 const parser::HttpEvent& event);

}  // namespace legible::proxy
