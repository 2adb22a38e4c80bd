#include "proxy/legs/leg_settings.hpp"

#include <algorithm>

#include "parser/handshake_reader.hpp"
#include "parser/record_reader.hpp"
#include "proxy/tls/public_value.hpp"
#include "proxy/tls/record_headers.hpp"

namespace legible::proxy {
namespace {

constexpr parser::ExtensionType extended_master_secret{23};

/// RFC 8446 section 4.2.3: ecdsa_secp256r1_sha256 and so on. Up to TLS 1.2 the low byte is the
/// signature algorithm.
bool is_ecdsa(parser::SignatureScheme scheme) {
  return (scheme.value & 0xff) == 3 && scheme.value >> 8 <= 6;
}

bool is_rsa(parser::SignatureScheme scheme) {
  const bool pkcs1 = (scheme.value & 0xff) == 1 && scheme.value >> 8 <= 6;
  const bool pss_rsae = scheme.value >= 0x0804 && scheme.value <= 0x0806;
  return pkcs1 || pss_rsae;
}

bool can_verify(const tls::NarrowedOffer& offer, certs::KeyFamily family) {
  // RFC 5246 section 7.4.1.4.1: without the extension, whatever the suites imply.
  if (offer.signature_algorithms.empty()) return true;
  return std::ranges::any_of(offer.signature_algorithms,
                             family == certs::KeyFamily::rsa ? is_rsa : is_ecdsa);
}

}  // namespace

tls::Settings server_leg_settings(const HostSettings& settings, const tls::NarrowedOffer& offer,
                                  const ServerNames& names) {
  tls::Settings server;
  server.side = parser::Side::client;
  server.lowest = offer.lowest;
  server.highest = offer.highest;
  server.ciphers = offer.ciphers;
  server.groups = offer.groups;
  server.signature_algorithms = offer.signature_algorithms;
  server.alpn = offer.alpn;
  server.extended_master_secret = offer.extended_master_secret;
  server.server_name = names.sni;
  if (settings.client_credential) server.credentials = {settings.client_credential};
  return server;
}

tls::Settings client_leg_settings(const HostSettings& settings, const parser::ClientHello& hello,
                                  const ServerChoice& server,
                                  const std::shared_ptr<const certs::MintedLeaf>& leaf) {
  const tls::NarrowedOffer offer = tls::narrow(hello, settings.client_limits);
  tls::Settings client;
  client.side = parser::Side::server;
  client.lowest = offer.lowest;
  client.highest = offer.highest;
  if (server.hello.version >= offer.lowest && server.hello.version <= offer.highest) {
    client.lowest = client.highest = server.hello.version;
  }
  client.ciphers = offer.ciphers;
  std::ranges::stable_partition(client.ciphers,
                                [&](auto suite) { return suite == server.hello.cipher; });
  client.groups = offer.groups;
  client.signature_algorithms = offer.signature_algorithms;
  if (server.alpn) client.alpn = {*server.alpn};
  client.extended_master_secret = hello.has(extended_master_secret);
  client.early_data_offered = hello.early_data;
  client.credentials = {
      std::make_shared<const tls::Credential>(tls::Credential{leaf->native, leaf->key})};
  const auto& fingerprint = leaf->leaf().sha256;
  client.tickets = settings.tickets->keys_for(std::string(fingerprint.begin(), fingerprint.end()));
  client.ask_for_certificate = settings.ask_client_certificate == AskClientCertificate::always ||
                               (settings.ask_client_certificate == AskClientCertificate::mirror &&
                                server.certificate_request != nullptr);
  if (server.certificate_request) client.authorities = server.certificate_request->authorities;
  return client;
}

certs::KeyFamily leaf_family(const certs::Certificate& original, const tls::NarrowedOffer& offer) {
  const auto same = original.key.algorithm == "RSA" ? certs::KeyFamily::rsa : certs::KeyFamily::ec;
  const auto other = same == certs::KeyFamily::rsa ? certs::KeyFamily::ec : certs::KeyFamily::rsa;
  return can_verify(offer, same) || !can_verify(offer, other) ? same : other;
}

std::vector<std::string> added_names(const certs::Certificate& minted,
                                     const certs::Certificate& original) {
  std::vector<std::string> added;
  for (const certs::SubjectAltName& name : minted.sans) {
    const bool had = std::ranges::any_of(original.sans, [&](const certs::SubjectAltName& each) {
      return each.kind == name.kind && each.value == name.value;
    });
    if (!had) added.push_back(name.value);
  }
  return added;
}

std::optional<parser::NamedGroup> broken_key_share(const parser::ClientHello& hello,
                                                   const tls::Settings& settings,
                                                   std::span<const std::uint8_t> message) {
  constexpr std::size_t headers = parser::RecordHeader::size + parser::HandshakeReader::header_size;
  const bool in_one_record = hello.bytes <= tls::longest_content;
  if (settings.highest < parser::tls13 || !in_one_record || message.size() <= headers) {
    return std::nullopt;
  }
  const auto group = std::ranges::find_if(hello.key_shares, [&](parser::NamedGroup offered) {
    return std::ranges::find(settings.groups, offered) != settings.groups.end();
  });
  if (group == hello.key_shares.end()) return std::nullopt;
  const std::size_t size = std::min<std::size_t>(hello.bytes - parser::HandshakeReader::header_size,
                                                 message.size() - headers);
  const auto value = parser::key_exchange_of(hello, message.subspan(headers, size), *group);
  if (tls::is_public_value(*group, value)) return std::nullopt;
  return *group;
}

std::vector<std::uint8_t> with_whole_records(std::vector<std::uint8_t> bytes, std::size_t records) {
  constexpr std::size_t header = 5;
  constexpr std::size_t longest = 16384;
  std::vector<std::uint8_t> message;
  std::size_t at = 0;
  for (std::size_t i = 0; i < records && at + header <= bytes.size(); ++i) {
    const std::size_t length = std::size_t{bytes[at + 3]} << 8 | bytes[at + 4];
    const std::size_t end = std::min(at + header + length, bytes.size());
    message.insert(message.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at + header),
                   bytes.begin() + static_cast<std::ptrdiff_t>(end));
    at = end;
  }
  std::vector<std::uint8_t> whole;
  for (std::size_t begin = 0; begin < message.size(); begin += longest) {
    const std::size_t size = std::min(longest, message.size() - begin);
    whole.insert(whole.end(), {bytes[0], 3, 3, static_cast<std::uint8_t>(size >> 8),
                               static_cast<std::uint8_t>(size)});
    const auto first = message.begin() + static_cast<std::ptrdiff_t>(begin);
    whole.insert(whole.end(), first, first + static_cast<std::ptrdiff_t>(size));
  }
  whole.insert(whole.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end());
  return whole;
}

}  // namespace legible::proxy
