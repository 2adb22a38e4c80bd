#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

TEST_CASE("bytes that are no TLS are told from TLS that fails") {
  const Scenario scenarios[] = {
      {"T48",
       [](auto& c) { c.first_bytes(C, parser::Protocol::http, "GET / HTTP/1.1\r\n").server_fin(); },
       Closer::server,
       {Phase::pre_hello},
       Mechanism::fin,
       {Cause::plain_http_to_tls},
       Outcome::not_tls},
      {"T49",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::http, "GET / HTTP/1.1\r\n")
             .first_bytes(S, parser::Protocol::http, "HTTP/1.1 400 Bad Request");
         auto http = std::make_shared<parser::PlainHttp>();
         http->status = 400;
         http->server = "nginx/1.22.1";
         c.says(S, parser::Shared<parser::PlainHttp>(http)).server_fin();
       },
       Closer::server,
       {Phase::pre_hello},
       Mechanism::plaintext_reply,
       {Cause::plain_http_to_tls},
       Outcome::not_tls},
      {"nginx complains in HTTP of a ChangeCipherSpec before the hello",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::tls, std::string("\x14\x03\x03\0\x01\x01", 6));
         c.client_says(hello_openssl());
         c.first_bytes(S, parser::Protocol::http, "HTTP/1.1 400 Bad Request").server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::plaintext_reply,
       {Cause::protocol_violation}},
      {"a PostgreSQL server without TLS",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::postgresql,
                       std::string("\0\0\0\x08\x04\xd2\x16\x2f", 8));
         c.first_bytes(S, parser::Protocol::postgresql, "N");
         c.says(S, std::make_shared<const parser::Dialogue>()).client_fin();
       },
       Closer::client,
       {Phase::pre_hello},
       Mechanism::fin,
       {Cause::tls_to_other_plain},
       Outcome::not_tls},
      {"NSS waits for more after a PROXY header",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::proxy_protocol, "PROXY TCP4 1.1.1.1 2.2.2.2 4 443");
         c.client_says(hello_openssl()).pause(std::chrono::seconds{5}).client_fin();
       },
       Closer::client,
       {Phase::client_hello},
       Mechanism::fin,
       {Cause::proxy_header_to_tls}},
      {"T50",
       [](auto& c) {
         c.client_says(hello_openssl())
             .first_bytes(S, parser::Protocol::unknown, "<!DOCTYPE HTML PUBLIC")
             .server_fin()
             .client_rst();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::plaintext_reply,
       {Cause::tls_to_plain_http}},
      {"T51",
       [](auto& c) {
         c.first_bytes(S, parser::Protocol::smtp, "220 mail.test ESMTP\r\n")
             .client_says(hello_openssl())
             .client_fin();
       },
       Closer::client,
       {Phase::pre_hello, Phase::client_hello},
       Mechanism::fin,
       {Cause::tls_to_starttls_service}},
      {"an SSH server",
       [](auto& c) {
         c.first_bytes(S, parser::Protocol::ssh, "SSH-2.0-OpenSSH_9.2\r\n")
             .client_says(hello_openssl())
             .alert(C, 10)
             .client_fin();
       },
       Closer::client,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::tls_to_ssh}},
      {"a PROXY header",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::proxy_protocol, "PROXY TCP4 1.2.3.4").alert(S, 22);
         c.server_fin();
       },
       Closer::server,
       {Phase::pre_hello},
       Mechanism::alert_fatal,
       {Cause::proxy_header_to_tls},
       Outcome::not_tls},
      {"plain HTTP on both sides",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::http, "GET / HTTP/1.1\r\n")
             .first_bytes(S, parser::Protocol::http, "HTTP/1.1 200 OK");
         auto http = std::make_shared<parser::PlainHttp>();
         http->status = 200;
         c.says(S, parser::Shared<parser::PlainHttp>(http)).client_fin();
       },
       Closer::client,
       {Phase::pre_hello},
       Mechanism::fin,
       {Cause::none},
       Outcome::not_tls},
  };
  for (const Scenario& scenario : scenarios) check(scenario);
}
