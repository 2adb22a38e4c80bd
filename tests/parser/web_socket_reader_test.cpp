#include "parser/web_socket_reader.hpp"

#include <catch2/catch_test_macros.hpp>

#include "support/http_cases.hpp"

namespace legible::parser {
namespace {

using test::Bytes;
using test::check_http;
using test::client_says;
using test::concat;
using test::hex;
using test::HttpTurn;
using test::server_says;
using Lines = std::vector<std::string>;

/// The exchange that opens a WebSocket, then these turns.
std::vector<HttpTurn> opened(std::vector<HttpTurn> turns, std::string_view extension = {}) {
  std::vector all{
      client_says(
          "GET /w HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
      server_says("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
                  std::string(extension) + "\r\n")};
  all.insert(all.end(), turns.begin(), turns.end());
  return all;
}

Lines opening(std::initializer_list<std::string> lines, const std::string& extension = {}) {
  Lines all{
      "client: request 1 GET /w 1.1 | Host: h | Connection: Upgrade | Upgrade: websocket | to "
      "websocket",
      "server: response 1 101 to GET /w | Connection: Upgrade | Upgrade: websocket" + extension +
          " | to websocket"};
  all.insert(all.end(), lines.begin(), lines.end());
  return all;
}

TEST_CASE("WebSocket messages are told, joined from their frames") {
  check_http({
      {"text both ways: RFC 6455 section 5.7",
       opened({client_says(hex("8185 37fa213d 7f9f4d5158")), server_says(hex("8105 48656c6c6f"))}),
       opening({"client: websocket 1 opcode 1 bytes 5 masked",
                "server: websocket 1 opcode 1 bytes 5"})},
      {"a client that speaks before the server has", opened({client_says(hex("8180 00000000"))}),
       opening({"client: websocket 1 opcode 1 bytes 0 masked"})},
      {"fragments with a ping between them",
       opened({server_says(hex("0103 48656c 8901 61 8002 6c6f"))}),
       opening(
           {"server: websocket 1 opcode 9 bytes 1", "server: websocket 1 opcode 1 bytes 5 in 2"})},
      {"long ones",
       opened({server_says(concat({hex("827e 0100"), Bytes(256, 1)})),
               server_says(concat({hex("827f 0000000000010000"), Bytes(65536, 1)}))}),
       opening(
           {"server: websocket 1 opcode 2 bytes 256", "server: websocket 1 opcode 2 bytes 65536"})},
      {"a close with its words, and the answer",
       opened({client_says(hex("8885 01020304 02ea617d64")), server_says(hex("8802 03e8"))}),
       opening({"client: websocket 1 opcode 8 bytes 5 masked code 1000 bye",
                "server: websocket 1 opcode 8 bytes 2 code 1000 "})},
      {"one that is cut short", opened({server_says(hex("8105 4865"))}),
       opening({"server: websocket 1 opcode 1 bytes 2 ..."})},
      {"compressed ones: RFC 7692 section 7.2.3.1",
       opened({server_says(hex("c107 f248cdc9c90700"))},
              "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n"),
       opening({"server: websocket 1 opcode 1 bytes 7 compressed"},
               " | Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover")},
      {"bits that nobody agreed on", opened({server_says(hex("8101 61 c101 61 8101 61"))}),
       opening({"server: websocket 1 opcode 1 bytes 1",
                "server: Malformed WebSocket frame: reserved bits at 63"})},
  });
}

}  // namespace
}  // namespace legible::parser
