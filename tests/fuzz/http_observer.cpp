// Both directions of HTTP, in any split: the same is told, and what is kept stays bounded. The
// input is a series of turns: a byte that says who speaks, what the gap or the end is; two bytes of
// length.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "support/http_teller.hpp"

using namespace legible::parser;

namespace {

using Bytes = std::span<const std::uint8_t>;

const Limits& limits() {
  static const Limits all = [] {
    Limits small;
    small.http_head_bytes = 600;
    small.http_fields = 8;
    small.http_kept_bytes = 256;
    small.http_body_bytes = 16;
    small.http_error_bytes = 24;
    small.http_open_requests = 3;
    small.http2_streams = 3;
    small.http2_kept_bytes = 400;
    return small;
  }();
  return all;
}

class BoundedTeller : public legible::test::HttpTeller {
 public:
  void on_http(Side from, const HttpEvent& event) override {
    if (const auto* request = std::get_if<Ref<HttpRequest>>(&event)) check(*request);
    if (const auto* response = std::get_if<Ref<HttpResponse>>(&event)) check(*response);
    HttpTeller::on_http(from, event);
  }

 private:
  static void check(const HttpMessage& message) {
    const bool kept_too_much =
        message.headers.size() + message.trailers.size() > limits().http_fields ||
        message.headers.bytes() + message.trailers.bytes() > limits().http_kept_bytes ||
        message.body.size() > limits().http_error_bytes ||
        message.target.size() > Http1Observer::kept_bytes;
    if (kept_too_much) std::abort();
  }
};

std::vector<std::string> observe(Bytes input, std::size_t piece) {
  constexpr std::uint8_t gap_below = 16;
  constexpr std::uint8_t end_below = 24;
  BoundedTeller teller;
  HttpObserver observer(teller, limits());
  while (input.size() >= 3) {
    const std::uint8_t what = input[0];
    const Side from = (what & 1) == 0 ? Side::client : Side::server;
    const std::size_t length = static_cast<std::size_t>(input[1] << 8 | input[2]);
    input = input.subspan(3);
    if (what < gap_below) {
      observer.gap(from);
    } else if (what < end_below) {
      observer.end(from);
    } else {
      const Bytes bytes = input.first(std::min(length, input.size()));
      input = input.subspan(bytes.size());
      for (std::size_t at = 0; at < bytes.size(); at += piece) {
        observer.feed(from, bytes.subspan(at, std::min(piece, bytes.size() - at)), {});
      }
    }
  }
  observer.end(Side::client);
  observer.stop(Side::server);
  return teller.lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(data, size);
  const std::vector<std::string> whole = observe(input, std::max<std::size_t>(size, 1));
  if (observe(input, 1) != whole) std::abort();
  if (observe(input, 11) != whole) std::abort();
  return 0;
}
