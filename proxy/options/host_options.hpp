#pragma once
// The options that may differ from host to host: parsed purely, then loaded.

#include <optional>
#include <string>
#include <vector>

#include "proxy/legs/interception.hpp"
#include "proxy/options/key_files.hpp"
#include "proxy/options/option_values.hpp"

namespace legible::proxy {

struct HostOptions {
  BadServerCertificate bad_server_certificate = BadServerCertificate::mirror;
  AskClientCertificate ask_client_certificate = AskClientCertificate::mirror;
  std::string server_name;
  ClientKeyFiles client_credential;
  tls::LegLimits client_limits;
  tls::LegLimits server_limits;
};

/// All of them but --mode, which stands with the options of interception.
void add_host_options(cxxopts::Options& options);

/// `base`, but for what is given. Throws Refused.
HostOptions host_options(const cxxopts::ParseResult& given, HostOptions base = {});

/// The value of --mode.
Mode mode_option(const cxxopts::ParseResult& given);

/// Reads the files. What the user should know of them is added to `notices`,
/// a line each. Throws std::runtime_error with one line.
HostSettings load_host(const HostOptions& options, certs::Seconds now,
                       std::vector<std::string>& notices);

}  // namespace legible::proxy
