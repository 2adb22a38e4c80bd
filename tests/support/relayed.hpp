#pragma once
// What tests of a relay with real sockets have in common.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "support/loopback.hpp"
#include "support/running_proxy.hpp"

namespace legible::test {

inline std::string random_bytes(std::size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string bytes;
  bytes.reserve(size + 8);
  while (bytes.size() < size) {
    const std::uint64_t word = random();
    bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  bytes.resize(size);
  return bytes;
}

// Sockets on loopback take some megabytes.
inline std::string more_than_buffers_hold() { return random_bytes(64 * 1024 * 1024, 5); }

struct Legs {
  Socket client;
  Socket server;
};

inline Legs connect_through(RunningProxy& proxy, Listener& target) {
  Legs legs{Socket::connect(proxy.port()), {}};
  legs.server = target.accept();
  return legs;
}

/// How a leg ended, and by whom: "client fin peer".
inline std::vector<std::string> ends(const std::vector<proxy::Entry>& facts) {
  std::vector<std::string> result;
  for (const proxy::Entry& entry : facts) {
    if (const auto* closed = std::get_if<proxy::LegClosed>(&entry.fact)) {
      const char* const hows[] = {"fin", "rst", "timeout", "error"};
      result.push_back(std::string(entry.leg == proxy::Leg::client ? "client " : "server ") +
                       hows[static_cast<std::size_t>(closed->how)] +
                       (closed->by_proxy ? " proxy" : " peer"));
    }
  }
  return result;
}

using Ends = std::vector<std::string>;

}  // namespace legible::test
