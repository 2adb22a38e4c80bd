#pragma once
// What an intercepting proxy mends without meaning to. It speaks for each side with a voice of its
// own, so that what works through it might not work without it.

#include <optional>
#include <string>

#include "proxy/diagnosis/facts.hpp"

namespace legible::proxy::diagnosis {

/// Where the client and the server would have met in another way: why, with the values. Nothing
/// when the proxy's voice made no difference that is known. `client_leg` and `server_leg` are the
/// facts of the two conversations.
std::optional<std::string> tell_masking(const Facts& client_leg, const Facts& server_leg);

}  // namespace legible::proxy::diagnosis
