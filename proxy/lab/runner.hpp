#pragma once
// Runs one scenario: its server, its client, and the real proxy between them, all on loopback.

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "certs/chain_judge.hpp"
#include "proxy/diagnosis/verdict.hpp"
#include "proxy/lab/scenario.hpp"

namespace legible::proxy::lab {

/// How long a lab client waits for its server before it gives up by itself; servers wait longer, so
/// that it is known who gives up first.
inline constexpr std::chrono::seconds client_patience{2};
inline constexpr std::chrono::seconds server_patience{6};

/// What the proxy said of a scenario's connection.
struct Outcome {
  Verdict verdict;
  std::string report;  ///< as `legible run` prints it
};

/// What all scenarios share.
struct Laboratory {
  const Fixtures& fixtures;
  std::shared_ptr<const certs::TrustStore> trust;  ///< by which server and client chains are judged
};

/// None when the proxy gave no verdict in time, which would be a fault of the proxy.
std::optional<Outcome> run_scenario(const Scenario& scenario, const Laboratory& laboratory,
                                    Mode mode);

/// Is the verdict what the scenario demands?
bool is_right(const Verdict& verdict, const Expected& expected);

}  // namespace legible::proxy::lab
