#include "proxy/legs/interception_memory.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace legible::proxy;

TEST_CASE("what interception breaks is remembered by client and host") {
  InterceptionMemory memory;
  memory.remember("192.0.2.1", "a.test", Cause::proxy_limit);
  CHECK(memory.recall("192.0.2.1", "a.test") == Cause::proxy_limit);
  CHECK_FALSE(memory.recall("192.0.2.1", "b.test"));
  CHECK_FALSE(memory.recall("192.0.2.2", "a.test"));
}

TEST_CASE("a server gives tickets until it is known that it does not") {
  InterceptionMemory memory;
  CHECK_FALSE(memory.gives_no_tickets("a.test"));
  memory.remember_tickets("a.test", false);
  CHECK(memory.gives_no_tickets("a.test"));
  CHECK_FALSE(memory.gives_no_tickets("b.test"));
  memory.remember_tickets("a.test", true);
  CHECK_FALSE(memory.gives_no_tickets("a.test"));
}
