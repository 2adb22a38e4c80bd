#include "parser/first_bytes_secrets.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "parser/protocol_detector.hpp"
#include "support/bytes.hpp"

namespace legible::parser {
namespace {

using test::Bytes;
using test::hex;
using test::text;

/// The first bytes of a client, as they are told.
std::string told(const Bytes& first) {
  FirstBytes observed{detect_protocol(Side::client, first, Protocol::unknown, true).value(), 0, {}};
  const std::size_t count = std::min(first.size(), observed.bytes.size());
  observed.count = static_cast<std::uint8_t>(count);
  std::copy_n(first.begin(), count, observed.bytes.begin());
  mask_secrets(observed, first);
  return {observed.bytes.begin(), observed.bytes.begin() + observed.count};
}

}  // namespace

TEST_CASE("first bytes tell no secret, and everything else") {
  struct Case {
    const char* first;
    const char* told;
  };
  for (const Case& c : {
           // A URL's user and password, whole, beyond the 32 bytes, and where nobody knows.
           Case{"GET http://me:pw@h/ HTTP/1.1\r\n\r\n", "GET http://*****@h/ HTTP/1.1\r\n\r\n"},
           Case{"GET http://me:a-very-long-password@h/ HTTP/1.1\r\n\r\n",
                "GET http://*********************"},
           Case{"GET http://me:a-very-long-pas", "GET http://******************"},
           Case{"GET http://host.example:80/ HTTP/1.1\r\n", "GET http://host.example:80/ HTTP"},
           Case{"GET /a@b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a@b HTTP/1.1\r\nHost: h\r\n\r\n"},
           // Fields.
           Case{"GET / HTTP/1.1\r\nCookie: id=hunter2\r\n", "GET / HTTP/1.1\r\nCookie:*********"},
           Case{"GET / HTTP/1.1\r\ncookie : a\r\nA: b\r\n", "GET / HTTP/1.1\r\ncookie :**\r\nA: b"},
           // Logins of mail protocols.
           Case{"USER me\r\nPASS hunter2\r\n", "USER **\r\nPASS *******\r\n"},
           Case{"a1 LOGIN me hunter2\r\n", "a1 LOGIN **********\r\n"},
           Case{"AUTH PLAIN AG1lAGh1bnRlcjI=\r\n", "AUTH **********************\r\n"},
           Case{"AUTH TLS\r\n", "AUTH TLS\r\n"},
           Case{"EHLO me\r\n", "EHLO me\r\n"},
           Case{"SSH-2.0-me\r\n", "SSH-2.0-me\r\n"},
       }) {
    CAPTURE(c.first);
    CHECK(told(text(c.first)) == std::string(c.told).substr(0, 32));
  }

  // LDAP: a bind with name and password.
  const Bytes bind = hex("30 10 020101 60 0b 020103 04026d65 80027077");
  CHECK(told(bind) == std::string("\x30\x10\x02\x01\x01\x60\x0b", 7) + std::string(11, '*'));
  const Bytes starttls =
      hex("30 1d 020101 77 18 8016 312e332e362e312e342e312e313436362e3230303337");
  CHECK(told(starttls) == std::string(starttls.begin(), starttls.end()).substr(0, 32));
}

}  // namespace legible::parser
