#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "certs/interception_ca.hpp"
#include "proxy/commands/ca_export.hpp"
#include "proxy/commands/usage.hpp"

namespace legible::proxy {

/// `legible ca`.
struct CaOptions {
  enum class Action : std::uint8_t { show, export_certificates };

  Action action = Action::show;
  std::string directory;                   ///< empty: the usual one
  std::optional<certs::KeyFamily> family;  ///< none: all that there are
  CaForm form = CaForm::pem;
  bool json = false;  ///< of `show`
};

/// argv[0] is the command's own name.
std::variant<CaOptions, UsageError, HelpText> parse_ca_options(int argc, const char* const* argv);

}  // namespace legible::proxy
