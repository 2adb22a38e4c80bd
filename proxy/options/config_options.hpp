#pragma once
// What the tables of a configuration file say.

#include <string>
#include <vector>

#include "proxy/options/config_file.hpp"
#include "proxy/options/interception_options.hpp"
#include "proxy/options/trust_files.hpp"

namespace legible::proxy {

/// The hosts' tables, in their order: what they do not say is as everywhere. Names of files are
/// relative to `folder`. What is wrong is added to `errors`.
std::vector<HostExceptionOptions> host_exceptions(const std::vector<ConfigTable>& hosts,
                                                  const HostOptions& everywhere,
                                                  const TrustFiles& trust,
                                                  const std::string& folder,
                                                  std::vector<ConfigError>& errors);

}  // namespace legible::proxy
