#pragma once
// The options of `legible run` that are about ending TLS: parsed purely, then loaded.

#include <string>
#include <vector>

#include "proxy/interception.hpp"
#include "proxy/key_files.hpp"
#include "proxy/option_values.hpp"

namespace legible::proxy {

struct InterceptionOptions {
  Mode mode = Mode::relay;
  std::vector<HostRule> rules;
  CaKeyFiles ca;
  BadServerCertificate bad_server_certificate = BadServerCertificate::mirror;
  AskClientCertificate ask_client_certificate = AskClientCertificate::mirror;
  std::string server_name;
  ClientKeyFiles client_credential;
  tls::LegLimits client_limits;
  tls::LegLimits server_limits;
  std::string key_log;
  /// Given, and without effect, since nothing is intercepted.
  std::vector<std::string> idle;

  /// Is anything to be intercepted at all?
  bool active() const;
};

void add_interception_options(cxxopts::Options& options);
/// Throws Refused.
InterceptionOptions interception_options(const cxxopts::ParseResult& given);

/// Opens or makes the CA, and reads the files. What the user should know of them is added to
/// `notices`, a line each. Throws std::runtime_error with one line.
InterceptionSettings load_interception(const InterceptionOptions& options,
                                       std::vector<std::string>& notices);

}  // namespace legible::proxy
