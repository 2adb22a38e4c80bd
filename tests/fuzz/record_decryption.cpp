// Any bytes as the records of a connection whose secrets are known: the first two are the suite,
// the third the version, then each record has a header of its own.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "proxy/capture/key_log.hpp"
#include "proxy/capture/key_log_decryptor.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace legible;
  static const capture::KeyLog key_log = [] {
    capture::KeyLog log;
    const std::string random(64, '0');
    for (const char* label :
         {"CLIENT_RANDOM ", "CLIENT_EARLY_TRAFFIC_SECRET ", "CLIENT_HANDSHAKE_TRAFFIC_SECRET ",
          "SERVER_HANDSHAKE_TRAFFIC_SECRET ", "CLIENT_TRAFFIC_SECRET_0 ",
          "SERVER_TRAFFIC_SECRET_0 "}) {
      log.add_line(label + random + " " + std::string(96, 'a'));
    }
    return log;
  }();
  if (size < 3) return 0;
  parser::ClientHello client_hello;
  client_hello.early_data = (data[2] & 0x80u) != 0;
  parser::ServerHello server_hello;
  server_hello.cipher = {static_cast<std::uint16_t>(data[0] << 8 | data[1])};
  server_hello.version = {static_cast<std::uint16_t>(0x0300 | (data[2] & 7u))};
  if ((data[2] & 0x40u) != 0) server_hello.extensions.push_back({22});
  capture::KeyLogDecryptor decryptor{key_log};
  decryptor.on_client_hello(client_hello);
  decryptor.on_server_hello(server_hello);

  std::span<const std::uint8_t> rest{data + 3, size - 3};
  while (rest.size() >= 5) {
    const auto header = rest.first<5>();
    const auto from = (header[3] & 0x80u) != 0 ? parser::Side::client : parser::Side::server;
    if ((header[3] & 0x40u) != 0) decryptor.on_finished(from);
    if ((header[3] & 0x20u) != 0) decryptor.on_key_update(from);
    rest = rest.subspan(5);
    const auto payload = rest.first(std::min<std::size_t>(header[4], rest.size()));
    rest = rest.subspan(payload.size());
    if (const auto plain = decryptor.decrypt(from, header, payload)) {
      if (plain->bytes.size() > payload.size()) std::abort();
    }
  }
  return 0;
}
