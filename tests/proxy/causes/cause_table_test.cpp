#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>

#include "proxy/causes/cause.hpp"

namespace legible::proxy {

TEST_CASE("every cause stands in the table, at its own place") {
  const auto causes = all_causes();
  REQUIRE(causes.size() == static_cast<std::size_t>(Cause::unknown) + 1);
  for (std::size_t index = 0; index < causes.size(); ++index) {
    INFO(causes[index].id);
    CHECK(static_cast<std::size_t>(causes[index].cause) == index);
    CHECK(cause_from_id(causes[index].id) == causes[index].cause);
    CHECK(&describe(causes[index].cause) == &causes[index]);
  }
}

TEST_CASE("ids are unique, lower case and hyphenated") {
  std::set<std::string_view> ids;
  for (const CauseInfo& cause : all_causes()) {
    INFO(cause.id);
    CHECK(ids.insert(cause.id).second);
    CHECK(cause.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
          std::string_view::npos);
  }
  CHECK_FALSE(cause_from_id("no-such-cause").has_value());
}

TEST_CASE("every cause says what it means and what it looks like") {
  for (const CauseInfo& cause : all_causes()) {
    INFO(cause.id);
    CHECK_FALSE(cause.title.empty());
    CHECK(cause.title.back() != '.');
    CHECK(cause.meaning.ends_with('.'));
    CHECK(cause.looks_like.ends_with('.'));
  }
}

TEST_CASE("a failure that a side can mend has a hint for that side") {
  for (const CauseInfo& cause : all_causes()) {
    if (cause.benign) continue;
    INFO(cause.id);
    if (cause.fix_at == FixAt::client) CHECK_FALSE(cause.client_hint.empty());
    if (cause.fix_at == FixAt::server) CHECK_FALSE(cause.server_hint.empty());
    if (cause.fix_at == FixAt::both) {
      CHECK_FALSE(cause.client_hint.empty());
      CHECK_FALSE(cause.server_hint.empty());
    }
    if (cause.fix_at == FixAt::proxy) {
      CHECK_FALSE((cause.proxy_hint.empty() && cause.client_hint.empty()));
    }
  }
}

}  // namespace legible::proxy
