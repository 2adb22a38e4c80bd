#pragma once
// The options of `run` that tell how clients come in, where they may go, and by what way out.

#include <vector>

#include "proxy/options/option_values.hpp"
#include "proxy/ways/client_rules.hpp"
#include "proxy/ways/outbound.hpp"
#include "proxy/ways/way_in.hpp"

namespace legible::proxy {

struct WayOptions {
  std::vector<ListenerSettings> listeners;  ///< none when no way in is given
  ClientRules rules;
  NamedAddresses addresses;  ///< a configuration file's alone
  Outbound outbound;
};

/// Where clients connect, and where that leads.
void add_listener_options(cxxopts::Options& options);
/// All the others.
void add_way_options(cxxopts::Options& options);

/// One of the options is given that say where a listener leads.
bool names_way_in(const cxxopts::ParseResult& given);

/// None without a way in. Throws Refused.
std::vector<ListenerSettings> listeners(const cxxopts::ParseResult& given);

/// Throws Refused.
WayOptions way_options(const cxxopts::ParseResult& given);

}  // namespace legible::proxy
