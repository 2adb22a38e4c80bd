#pragma once
// One exchange as an entry of an HTTP archive: HAR 1.2,
// http://www.softwareishard.com/blog/har-12-spec/.

#include <string>

#include "proxy/har/exchange.hpp"

namespace legible::proxy::har {

/// Appends the entry: one JSON object without a line break, in UTF-8. Nothing is masked. Content is
/// decoded, so this is no work for an event loop.
void append_entry(std::string& out, const Exchange& exchange);

}  // namespace legible::proxy::har
