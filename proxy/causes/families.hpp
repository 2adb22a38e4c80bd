#pragma once
// The cause table in five parts, one for each family. proxy/causes/cause_table.cpp puts them
// together.

#include <span>

#include "proxy/causes/cause.hpp"

namespace legible::proxy {

std::span<const CauseInfo> connection_causes();
std::span<const CauseInfo> negotiation_causes();
std::span<const CauseInfo> server_certificate_causes();
std::span<const CauseInfo> client_certificate_causes();
std::span<const CauseInfo> session_causes();

}  // namespace legible::proxy
