#pragma once
// What a peer can make large, and how large.

#include <cstddef>
#include <cstdint>

namespace legible::parser {

class ContentBudget;

/// Named limits: what a peer can make large.
struct Limits {
  std::uint32_t client_hello_bytes = 65536;        ///< longest ClientHello decoded in full
  std::uint32_t handshake_message_bytes = 262144;  ///< longest other handshake message kept
  std::uint32_t handshake_bytes = 1 << 20;  ///< of both sides' messages, besides a hello: decoded
  std::uint32_t certificates = 64;          ///< of one Certificate message
  std::uint32_t authorities = 1024;         ///< of one CertificateRequest
  std::uint32_t dialogue_bytes = 8192;      ///< of a cleartext dialogue, both sides
  std::uint32_t encrypted_records = 48;     ///< reported one by one for each side
  std::uint32_t observations = 256;         ///< reported for one connection in all

  std::uint32_t http_head_bytes = 262144;     ///< of one HTTP message, decoded
  std::uint32_t http_fields = 256;            ///< of one HTTP message: kept, and told
  std::uint32_t http_kept_bytes = 65536;      ///< of one HTTP message's fields, names and values
  std::uint32_t http_body_bytes = 0;          ///< of one HTTP message's content: kept
  ContentBudget* http_content = nullptr;      ///< for all that is kept of it; null: no bound
  std::uint32_t http_error_bytes = 1024;      ///< of a status from 400 on: kept at least
  std::uint32_t http_open_requests = 256;     ///< HTTP/1: that wait for their responses
  std::uint32_t http2_streams = 256;          ///< HTTP/2: open ones that are told of
  std::uint32_t http2_kept_bytes = 1 << 20;   ///< HTTP/2: of all open streams' fields
  std::uint32_t hpack_table_bytes = 1 << 18;  ///< HTTP/2: of a direction's dynamic table
};

}  // namespace legible::parser
