// What the parser alone costs: ClientHellos a second, and bytes of relayed records a second.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>

#include "parser/connection_observer.hpp"
#include "support/hello_builder.hpp"

namespace {

using namespace legible;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds time_for_each{2};

struct CountingSink final : parser::ObservationSink {
  void on_observation(parser::Side, parser::Observation&&) override { ++observations; }
  std::size_t observations = 0;
};

/// A hello with what OpenSSL 3 offers.
test::Bytes openssl_like_hello() {
  test::ClientHelloSpec spec;
  spec.session_id = test::Bytes(32, 0x5e);
  spec.ciphers.clear();
  for (std::uint16_t i = 0; i < 31; ++i)
    spec.ciphers.push_back(static_cast<std::uint16_t>(0xc020 + i));
  spec.sni = "bench.example";
  spec.alpn = {"h2", "http/1.1"};
  spec.supported_versions = {0x0304, 0x0303};
  spec.groups = {0x001d, 0x0017, 0x001e, 0x0019, 0x0018};
  spec.signature_algorithms = {0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809,
                               0x080a, 0x080b, 0x0804, 0x0805, 0x0806, 0x0401};
  spec.key_shares = {{0x001d, test::Bytes(32, 0x4b)}};
  return test::handshake_record(0x0301, test::client_hello(spec));
}

/// Runs `action` again and again; how often in a second.
template <class Action>
double rate(const Action& action) {
  const Clock::time_point begin = Clock::now();
  std::size_t done = 0;
  std::chrono::duration<double> took{};
  do {
    for (int i = 0; i < 64; ++i) action();
    done += 64;
    took = Clock::now() - begin;
  } while (took < time_for_each);
  return static_cast<double>(done) / took.count();
}

double hellos_a_second() {
  const test::Bytes hello = openssl_like_hello();
  CountingSink sink;
  return rate([&] {
    parser::ConnectionObserver observer(sink, parser::Limits{});
    observer.feed(parser::Side::client, hello);
  });
}

/// MB/s of application data in records of `payload` bytes, handed over as a relay reads them.
double data_rate(std::size_t payload) {
  constexpr std::size_t read_size = 65536;
  const test::Bytes content(4u << 20, 0xda);
  const test::Bytes stream = test::records(23, 0x0303, content, payload);

  CountingSink sink;
  parser::ConnectionObserver observer(sink, parser::Limits{});
  observer.feed(parser::Side::client, openssl_like_hello());
  const double streams = rate([&] {
    for (std::span<const std::uint8_t> rest = stream; !rest.empty();) {
      const auto read = rest.first(std::min(read_size, rest.size()));
      observer.feed(parser::Side::client, read);
      rest = rest.subspan(read.size());
    }
  });
  return streams * static_cast<double>(stream.size()) / 1e6;
}

}  // namespace

int main() {
  std::printf("%-44s %12.0f\n", "ClientHellos a second, one thread", hellos_a_second());
  for (const std::size_t payload : {16384u, 1400u, 64u}) {
    std::printf("MB/s of application data, records of %5zu %14.0f\n", payload, data_rate(payload));
  }
}
