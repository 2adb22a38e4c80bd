#include "proxy/legs/intercepted_leg.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "parser/alert.hpp"

namespace legible::proxy {
namespace {

using State = tls::Session::State;

/// Also one that comes where it is out of place.
bool is_change_cipher_spec(const parser::Observation& observation) {
  const auto* record = std::get_if<parser::EncryptedRecord>(&observation);
  return std::holds_alternative<parser::ChangeCipherSpec>(observation) ||
         (record && record->type == parser::content_type::change_cipher_spec);
}

}  // namespace

bool InterceptedLeg::open() const {
  return session && (session->state() == State::open || session->state() == State::peer_closed);
}

std::size_t InterceptedLeg::backlog() const {
  return undelivered.size() + (session ? session->unwritten() : 0) + queued();
}

std::uint64_t InterceptedLeg::idle_messages() const {
  return idle_seen_ + (session ? session->idle_messages() : 0);
}

void InterceptedLeg::on_plaintext(std::span<const std::uint8_t> bytes) {
  owner_.on_plaintext(*this, bytes);
}

std::span<const std::uint8_t> InterceptedLeg::feed(std::span<const std::uint8_t> bytes) {
  const bool failed_before = session->failure().has_value();
  // The session comes first: it derives the secrets by which the record reads what came.
  session->feed(bytes, *this);
  const bool fails = session->failure() && !failed_before;
  const std::size_t behind = fails ? std::min(session->unread(), bytes.size()) : 0;
  record->bytes(wall_clock(), side, bytes.first(bytes.size() - behind));
  return bytes.last(behind);
}

std::optional<parser::AlertDescription> InterceptedLeg::new_fatal_alert() {
  const auto entries = record->timeline().entries();
  std::optional<parser::AlertDescription> found;
  for (; entries_seen_ < entries.size(); ++entries_seen_) {
    const Entry& entry = entries[entries_seen_];
    const auto* observation = std::get_if<parser::Observation>(&entry.fact);
    if (!observation) continue;
    if (const auto* hello = std::get_if<parser::Shared<parser::ServerHello>>(observation)) {
      agreed_ = (*hello)->version;
    }
    if (entry.leg != side) continue;
    if (is_change_cipher_spec(*observation)) ++idle_seen_;
    const auto* alert = std::get_if<parser::Alert>(observation);
    if (!alert) continue;
    // Of several the first says why.
    const bool readable = alert->level && alert->description;
    if (readable && !found && parser::is_error(*alert->level, *alert->description, agreed_)) {
      found = alert->description;
    }
    if (alert->level == parser::alert_level::warning) ++idle_seen_;
  }
  return found;
}

bool InterceptedLeg::flush() {
  std::vector<std::uint8_t>& output = session->output();
  if (output.empty()) return true;
  const std::vector<std::uint8_t> bytes = std::exchange(output, {});
  if (write_failed || !stream) return true;
  if (stream.write(bytes) < 0) {
    write_failed = true;
    return false;
  }
  bytes_out += bytes.size();
  record->bytes(wall_clock(), proxy_role(), bytes);
  return true;
}

void InterceptedLeg::write_in_clear(parser::AlertLevel level,
                                    parser::AlertDescription description) {
  const std::array<std::uint8_t, 7> alert{
      parser::content_type::alert.value, 3, 3, 0, 2, level.value, description.value};
  if (stream.write(alert) < 0) return;
  bytes_out += alert.size();
  record->bytes(wall_clock(), proxy_role(), alert);
}

}  // namespace legible::proxy
