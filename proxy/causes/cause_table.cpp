#include <algorithm>
#include <array>
#include <vector>

#include "proxy/causes/cause.hpp"
#include "proxy/causes/families.hpp"

namespace legible::proxy {
namespace {

std::vector<CauseInfo> joined() {
  std::vector<CauseInfo> all;
  for (const auto family : {connection_causes(), negotiation_causes(), server_certificate_causes(),
                            client_certificate_causes(), session_causes()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  std::ranges::sort(all, {}, &CauseInfo::cause);
  return all;
}

}  // namespace

std::span<const CauseInfo> all_causes() {
  static const std::vector<CauseInfo> all = joined();
  return all;
}

const CauseInfo& describe(Cause cause) { return all_causes()[static_cast<std::size_t>(cause)]; }

std::string_view id(Cause cause) { return describe(cause).id; }

std::optional<Cause> cause_from_id(std::string_view id) {
  const auto causes = all_causes();
  const auto found = std::ranges::find(causes, id, &CauseInfo::id);
  if (found == causes.end()) return std::nullopt;
  return found->cause;
}

}  // namespace legible::proxy
