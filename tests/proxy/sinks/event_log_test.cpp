#include "proxy/sinks/event_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "proxy/sample_timeline.hpp"
#include "support/temporary_directory.hpp"

namespace legible::proxy {
namespace {

using namespace test;
using legible::test::content;
using legible::test::TemporaryDirectory;

/// A file in place of standard output.
class File {
 public:
  explicit File(const std::string& path)
      : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
    REQUIRE(descriptor_ >= 0);
  }
  ~File() { ::close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

void show_one_connection(EventSink& sink) {
  const TimelineBuilder builder = TimelineBuilder().opened();
  const Timeline before;
  for (const Entry& entry : builder.timeline().entries()) sink.on_entry(1, before, entry);
  Verdict verdict;
  verdict.outcome = Outcome::ok;
  verdict.cause = Cause::none;
  sink.on_verdict(1, start, {builder.timeline()}, verdict);
  sink.on_notice(start, "a\nb");
  sink.flush();
}

TEST_CASE("text goes to standard output and JSON lines to the log") {
  TemporaryDirectory directory;
  const std::string out_path = directory / "out", log_path = directory / "log";
  const File out(out_path);
  {
    EventOutputs outputs({OutputFormat::text, log_path, WhenFull::drop, out.descriptor()});
    show_one_connection(*outputs.make_sink());
  }
  const std::string text = content(out_path), log = content(log_path);
  CHECK(text.starts_with("#1  10.1.2.3:51544 → partner.example:443   relay\n"));
  CHECK(text.ends_with("\nnotice: a\\x0ab\n"));
  CHECK(std::ranges::count(log, '\n') == 5);
  CHECK(log.find("\"event\":\"verdict\"") != std::string::npos);
}

TEST_CASE("JSON on standard output and in the log are the same lines") {
  TemporaryDirectory directory;
  const std::string out_path = directory / "out", log_path = directory / "log";
  const File out(out_path);
  {
    EventOutputs outputs({OutputFormat::json, log_path, WhenFull::drop, out.descriptor()});
    const auto sink = outputs.make_sink();
    sink->on_listening(start, "127.0.0.1:8443");
    show_one_connection(*sink);
  }
  CHECK(content(out_path).starts_with("{\"v\":1,"));
  CHECK(std::ranges::count(content(out_path), '\n') == 6);
  CHECK(content(out_path) == content(log_path));
}

TEST_CASE("a destination that fails is told in the other one") {
  TemporaryDirectory directory;
  const std::string out_path = directory / "out";
  const File out(out_path);
  {
    EventOutputs outputs({OutputFormat::json, "/dev/full", WhenFull::drop, out.descriptor()});
    show_one_connection(*outputs.make_sink());
    const auto told = [&] {
      return content(out_path).find("/dev/full cannot be written: No space left on device") !=
             std::string::npos;
    };
    for (int i = 0; i < 2000 && !told(); ++i) ::usleep(1000);
    CHECK(told());
  }
}

}  // namespace
}  // namespace legible::proxy
