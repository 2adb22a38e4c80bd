#pragma once
// What speaks against a certificate, whoever judges it: the causes it would give, with the values.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

struct Doubt {
  Cause cause;
  std::string because;
  /// Intercept: what the client sees of it, where a certificate of the proxy's cannot show it.
  std::optional<Cause> seen_as = {};

  Cause seen() const { return seen_as.value_or(cause); }
};

/// The doubts about the server's chain, in the order in which verifiers meet them: the chain, its
/// dates, its use, its strength, its name. Empty when it looks good, or was not seen.
std::vector<Doubt> doubts_about_server(const Situation& situation);

/// What only some stacks find wrong with the server's leaf, although it keeps the rules that others
/// go by: the first such thing.
std::optional<Doubt> strict_doubt_about_server(const Situation& situation);

/// The doubts about the client's chain. Without --client-trust only what the certificate itself and
/// the server's list of authorities tell.
std::vector<Doubt> doubts_about_client(const Situation& situation);

}  // namespace legible::proxy::diagnosis
