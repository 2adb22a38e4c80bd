#pragma once
// The lab's certificates, made anew at each start; nothing of them is kept.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "certs/leaf_cache.hpp"
#include "proxy/lab/tls_peer.hpp"

namespace legible::proxy::lab {

/// The name that the lab's clients use and that its good certificates carry.
inline constexpr std::string_view server_name = "partner.lab";

struct Fixtures {
  using Der = std::vector<std::uint8_t>;

  std::string root_pem;  ///< what clients and servers trust
  /// What an intercepting proxy shows its leaves under: the root, and one of somebody else's.
  std::shared_ptr<certs::LeafCache> leaves;
  std::shared_ptr<certs::LeafCache> foreign_leaves;
  std::vector<Der> trusted;  ///< the same
  std::vector<Der> foreign;  ///< an authority of somebody else's

  Identity good;  ///< with its intermediate, as all that follow unless said otherwise
  Identity expired;
  Identity not_yet_valid;
  Identity wrong_name;
  Identity self_signed;
  Identity unknown_ca;
  Identity without_intermediate;
  Identity under_v1_ca;

  Identity client;
  Identity client_expired;
  Identity client_unknown_ca;
  Identity client_self_signed;
  Identity client_without_intermediate;

  /// Makes all of them. Throws std::runtime_error.
  static Fixtures make();
};

}  // namespace legible::proxy::lab
