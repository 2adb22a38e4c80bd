#pragma once
// A failure, reproduced: what its client and its server do, and what the verdict must be.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/diagnosis/verdict.hpp"
#include "proxy/lab/blocking_socket.hpp"
#include "proxy/lab/fixtures.hpp"
#include "proxy/legs/interception.hpp"

namespace legible::proxy::lab {

/// What the verdict must say. Where the wire allows two readings, both stand here.
struct Expected {
  Closer closer;
  std::vector<Phase> phases;
  std::vector<Cause> causes;  ///< the first is the best one
  /// Words of what the verdict must say that the proxy masks; empty: it must not speak of any.
  std::string_view masking{};
};

/// Where the proxy is told to connect to.
enum class ServerKind : std::uint8_t {
  listening,
  refusing,    ///< a port on which nobody listens
  unresolved,  ///< a name that no resolver knows (RFC 6761: .invalid)
};

/// Is the proxy's authority one that the scenario's client trusts?
enum class ProxyAuthority : std::uint8_t { trusted, foreign };

/// One side's part, run on its own thread. The socket is closed when it returns.
using Part = std::function<void(BlockingSocket&)>;

struct Scenario {
  std::string id;
  std::string title;  ///< what is wrong, in a few words
  Expected expected;
  Part client{};
  Part server{};
  ServerKind kind = ServerKind::listening;
  /// Through an intercepting proxy, where that sees or does something else.
  std::optional<Expected> intercepted{};
  ProxyAuthority authority = ProxyAuthority::trusted;
  const Identity* proxy_identity = nullptr;  ///< what it presents to a server that asks
  std::string_view proxy_server_name{};      ///< --server-name
  BadServerCertificate bad_server_certificate = BadServerCertificate::mirror;
  /// There is nothing of it without interception.
  bool interception_only = false;

  const Expected& expected_in(Mode mode) const {
    return mode != Mode::relay && intercepted ? *intercepted : expected;
  }
};

/// All scenarios. `fixtures` must outlive them.
std::vector<Scenario> all_scenarios(const Fixtures& fixtures);

/// The families that `all_scenarios` puts together, each in its own file.
std::vector<Scenario> negotiation_scenarios(const Fixtures& fixtures);
std::vector<Scenario> server_certificate_scenarios(const Fixtures& fixtures);
std::vector<Scenario> client_certificate_scenarios(const Fixtures& fixtures);
std::vector<Scenario> connection_scenarios(const Fixtures& fixtures);
std::vector<Scenario> ending_scenarios(const Fixtures& fixtures);
std::vector<Scenario> interception_scenarios(const Fixtures& fixtures);
std::vector<Scenario> masking_scenarios(const Fixtures& fixtures);

}  // namespace legible::proxy::lab
