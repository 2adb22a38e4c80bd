#include "proxy/net/target_resolver.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

namespace legible::proxy {
namespace {

constexpr std::uint64_t fresh_milliseconds = 30'000;
// Of one name; a name server can answer with thousands.
constexpr std::size_t max_addresses = 16;

std::vector<SocketAddress> addresses_of(const addrinfo* found, std::uint16_t port) {
  std::vector<SocketAddress> addresses;
  for (; found != nullptr && addresses.size() < max_addresses; found = found->ai_next) {
    if (found->ai_family != AF_INET && found->ai_family != AF_INET6) continue;
    const std::string host = SocketAddress(found->ai_addr).host();
    if (auto address = SocketAddress::from_numeric(host, port)) addresses.push_back(*address);
  }
  return interleave_families(addresses);
}

/// The address that the host is, if it is none by name: also in the old forms that resolvers take
/// ("127.1", "0x7f000001"; RFC 3493 section 6.1 refers to inet_addr's).
std::optional<SocketAddress> written_address(const HostPort& target) {
  if (auto address = SocketAddress::from_numeric(target.host, target.port)) return address;
  in_addr address{};
  if (inet_aton(target.host.c_str(), &address) == 0) return std::nullopt;
  std::array<char, INET_ADDRSTRLEN> text{};
  inet_ntop(AF_INET, &address, text.data(), text.size());
  return SocketAddress::from_numeric(text.data(), target.port);
}

/// A name server has said that there is no such name, or no address of it (RFC 3493 section 6.1).
bool is_answer(int status) {
  return status == UV_EAI_NONAME || status == UV_EAI_NODATA || status == UV_EAI_ADDRFAMILY;
}

}  // namespace

struct TargetResolver::Lookup {
  uv_getaddrinfo_t request{};
  std::shared_ptr<TargetResolver> owner;  ///< null: nobody wants the answer
};

TargetResolver::TargetResolver(EventLoop& loop, HostPort target, const Reach& reach)
    : loop_(loop), target_(std::move(target)), reach_(reach) {
  if (const auto address = written_address(target_)) {
    numeric_ = true;
    take({*address});
  }
}

std::optional<SocketAddress> TargetResolver::forbidden() const {
  const bool known = numeric_ && no_way_ && no_way_->first == OutOfReach::not_allowed;
  return known ? std::optional(no_way_->second) : std::nullopt;
}

void TargetResolver::cancel_lookup() {
  if (lookup_ == nullptr) return;
  uv_cancel(reinterpret_cast<uv_req_t*>(&lookup_->request));
  std::exchange(lookup_, nullptr)->owner.reset();
}

void TargetResolver::resolve(Waiter& waiter) {
  int status = 0;
  if (!numeric_ && (looked_up_at_ == 0 || loop_.now() - looked_up_at_ > fresh_milliseconds)) {
    status = start_lookup();
  }
  if (addresses_ || numeric_) {
    answer(waiter);
  } else if (status < 0) {
    waiter.on_resolve_failed({uv_strerror(status), true});
  } else {
    waiters_.insert(&waiter);
  }
}

void TargetResolver::forget(Waiter& waiter) {
  waiters_.erase(&waiter);
  // libuv has few threads for lookups: none is to wait for a name that nobody wants any more.
  if (waiters_.empty() && !addresses_) cancel_lookup();
}

int TargetResolver::start_lookup() {
  if (lookup_ != nullptr) return 0;
  auto lookup = std::make_unique<Lookup>();
  lookup->owner = shared_from_this();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  const int status = uv_getaddrinfo(
      loop_.handle(), &lookup->request,
      [](uv_getaddrinfo_t* request, int result, addrinfo* found) {
        const std::unique_ptr<Lookup> done{reinterpret_cast<Lookup*>(request)};
        if (done->owner) done->owner->on_lookup(result, found);
        uv_freeaddrinfo(found);
      },
      target_.host.c_str(), nullptr, &hints);
  if (status == 0) lookup_ = lookup.release();
  return status;
}

void TargetResolver::on_lookup(int status, const addrinfo* found) {
  lookup_ = nullptr;
  std::vector<SocketAddress> addresses = addresses_of(found, target_.port);
  std::unordered_set<Waiter*> waiters = std::exchange(waiters_, {});
  if (status == 0 && !addresses.empty()) {
    take(std::move(addresses));
    looked_up_at_ = std::max<std::uint64_t>(loop_.now(), 1);
    for (Waiter* waiter : waiters) answer(*waiter);
    return;
  }
  // The old addresses, if any, stay in use: a name server that is down for a moment ends nothing.
  const LookupFailure failure{status < 0 ? uv_strerror(status) : "the name has no address",
                              status < 0 && !is_answer(status)};
  for (Waiter* waiter : waiters) waiter->on_resolve_failed(failure);
}

void TargetResolver::take(std::vector<SocketAddress> addresses) {
  addresses_ = nullptr;
  no_way_.reset();
  std::erase_if(addresses, [&](const SocketAddress& address) {
    const std::optional<OutOfReach> why = reach_.obstacle(address);
    if (why && !no_way_) no_way_.emplace(*why, address);
    return why.has_value();
  });
  if (!addresses.empty()) {
    addresses_ = std::make_shared<const std::vector<SocketAddress>>(std::move(addresses));
  }
}

void TargetResolver::answer(Waiter& waiter) {
  addresses_ ? waiter.on_resolved(addresses_)
             : waiter.on_out_of_reach(no_way_->first, no_way_->second);
}

std::vector<SocketAddress> interleave_families(const std::vector<SocketAddress>& sorted) {
  std::vector<SocketAddress> result = sorted;
  if (result.empty()) return result;
  const auto same_family = [&](const SocketAddress& address) {
    return address.family() == sorted.front().family();
  };
  const auto other = std::ranges::stable_partition(result, same_family).begin();
  const std::vector<SocketAddress> first(result.begin(), other);
  const std::vector<SocketAddress> second(other, result.end());
  result.clear();
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) result.push_back(first[i]);
    if (i < second.size()) result.push_back(second[i]);
  }
  return result;
}

}  // namespace legible::proxy
