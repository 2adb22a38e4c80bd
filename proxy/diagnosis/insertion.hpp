#pragma once
// What the way of inserting the proxy does: a client that was pointed at the listener may ask for
// another name than the target's.

#include <optional>
#include <string>
#include <string_view>

#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

/// Is the host a name of several labels, and no address? Such a one clients send (RFC 6066 section
/// 3).
bool is_dotted_name(std::string_view host);

/// The hello names a server, and the target has a name, and these are two.
bool asks_for_another_name(const Situation& situation);

/// The hello names no server although the target has a name, as when the client was pointed at the
/// listener's address. It then compares the certificate with that address, which the certificate,
/// where it can be seen, does not carry.
bool may_compare_address(const Situation& situation);

/// The same in words, for the evidence.
std::string address_is_not_certified(const Situation& situation);

/// Where a wrong or missing name may explain what was found: what the insertion did, and how to
/// mend it.
std::optional<std::string> tell_insertion(const Situation& situation, const Finding& finding);

}  // namespace legible::proxy::diagnosis
