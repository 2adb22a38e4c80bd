#pragma once
// How the TLS of each leg of an intercepted connection is set up. Pure.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "certs/leaf_minter.hpp"
#include "proxy/legs/interception.hpp"
#include "proxy/record/timeline.hpp"
#include "proxy/tls/session.hpp"

namespace legible::proxy {

/// The proxy in the client's place, with what the client offers.
tls::Settings server_leg_settings(const HostSettings& settings, const tls::NarrowedOffer& offer,
                                  const ServerNames& names);

/// What the server has decided, and so decides the client's leg.
struct ServerChoice {
  const parser::ServerHello& hello;
  std::optional<std::string> alpn;
  const parser::CertificateRequest* certificate_request = nullptr;  ///< null: none came
};

/// The proxy in the server's place: it chooses as the server did, where the client's leg can.
tls::Settings client_leg_settings(const HostSettings& settings, const parser::ClientHello& hello,
                                  const ServerChoice& server,
                                  const std::shared_ptr<const certs::MintedLeaf>& leaf);

/// The family of the leaf's key: the original's, if the client can verify it.
certs::KeyFamily leaf_family(const certs::Certificate& original, const tls::NarrowedOffer& offer);

/// The names that a minted leaf has beside those of the original.
std::vector<std::string> added_names(const certs::Certificate& minted,
                                     const certs::Certificate& original);

/// The group of the key share that mbedTLS will take of a hello of TLS 1.3, if that share is no
/// value of its group. `message` begins with the hello's records; of a hello in several nothing is
/// said.
std::optional<parser::NamedGroup> broken_key_share(const parser::ClientHello& hello,
                                                   const tls::Settings& settings,
                                                   std::span<const std::uint8_t> message);

/// The first `records` TLS records of `bytes`, which carry one message, as few whole ones of
/// TLS 1.2's version: mbedTLS refuses some ways of cutting a message, and some record versions,
/// that a server does not look at (RFC 8446 section 5.1). The rest stays as it is.
std::vector<std::uint8_t> with_whole_records(std::vector<std::uint8_t> bytes, std::size_t records);

}  // namespace legible::proxy
