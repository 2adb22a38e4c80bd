#pragma once
// The options of `legible run` that are about ending TLS: parsed purely, then loaded.

#include <optional>
#include <string>
#include <vector>

#include "proxy/legs/interception.hpp"
#include "proxy/options/host_options.hpp"
#include "proxy/options/key_files.hpp"
#include "proxy/options/option_values.hpp"
#include "proxy/options/trust_files.hpp"

namespace legible::proxy {

struct HostExceptionOptions {
  std::string glob;
  std::optional<Mode> mode;         ///< none: as everywhere
  std::optional<TrustFiles> trust;  ///< none: as everywhere; the client's part is not used
  HostOptions options;
};

struct InterceptionOptions {
  Mode mode = Mode::relay;
  std::vector<HostRule> rules;
  CaKeyFiles ca;
  HostOptions everywhere;
  std::vector<HostExceptionOptions> exceptions;  ///< the first that matches wins
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
/// `notices`, a line each. Where the CA is still that of `before` (may be null), so are the leaves.
/// Throws std::runtime_error with one line.
InterceptionSettings load_interception(const InterceptionOptions& options,
                                       std::vector<std::string>& notices,
                                       const InterceptionSettings* before = nullptr);

}  // namespace legible::proxy
