#include <algorithm>
#include <iterator>
#include <utility>

#include "proxy/lab/scenario.hpp"

namespace legible::proxy::lab {

std::vector<Scenario> all_scenarios(const Fixtures& fixtures) {
  std::vector<Scenario> all;
  for (const auto family :
       {negotiation_scenarios, server_certificate_scenarios, client_certificate_scenarios,
        connection_scenarios, ending_scenarios, interception_scenarios, masking_scenarios}) {
    std::vector<Scenario> some = family(fixtures);
    std::ranges::move(some, std::back_inserter(all));
  }
  return all;
}

}  // namespace legible::proxy::lab
