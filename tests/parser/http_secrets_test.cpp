#include "parser/http_secrets.hpp"

#include <catch2/catch_test_macros.hpp>

namespace legible::parser {
namespace {

TEST_CASE("fields that carry credentials are known in any case") {
  for (const char* name : {"Authorization", "proxy-authorization", "COOKIE", "Set-Cookie"}) {
    CHECK(is_secret_field(name));
  }
  for (const char* name : {"", "Host", "WWW-Authenticate", "Cookies"}) {
    CHECK_FALSE(is_secret_field(name));
  }
}

TEST_CASE("user information in a request target is masked") {
  struct Case {
    const char* target;
    const char* told;
  };
  for (const Case& c : {
           Case{"http://me:secret@h/a", "http://***@h/a"},
           Case{"http://me:se@cret@h", "http://***@h"},
           Case{"ftp://me@h/?q=a@b", "ftp://***@h/?q=a@b"},
           Case{"http://h/a@b", "http://h/a@b"},
           Case{"/a?u=http://me:secret@h/", "/a?u=http://me:secret@h/"},
           Case{"*", "*"},
           Case{"", ""},
       }) {
    CHECK(without_credentials(c.target) == c.told);
  }
}

}  // namespace
}  // namespace legible::parser
