#pragma once
// What the lengths of encrypted records tell of what they hold.

#include <cstdint>
#include <optional>

#include "proxy/diagnosis/facts.hpp"
#include "proxy/diagnosis/verdict.hpp"

namespace legible::proxy::diagnosis {

/// Plaintext bytes of an AEAD record whose payload is so long; nothing where padding hides them.
std::optional<std::uint32_t> plaintext_bytes(const Facts& facts, std::uint64_t record);

/// Of a record's header (RFC 8446 section 5.1).
inline constexpr std::uint64_t record_header = 5;
/// Of a record: an alert, or HTTP/2's GOAWAY, with JSSE's padding; few requests are shorter.
inline constexpr std::uint16_t longest_goodbye_record = 90;
/// Of all records with which a client leaves.
inline constexpr std::uint64_t longest_leave = 200;

/// How sure it is that the client's last `bytes` hold more than it says when it leaves; nothing if
/// they do not.
std::optional<Confidence> holds_request(const Facts& facts, std::uint64_t bytes);

/// Of the alert with which a side closed, and of JSSE's user_canceled before it, in its stream; 0
/// when its last record is none.
std::uint64_t closing_alert_bytes(const Facts& facts, Leg side);

/// The client's last `bytes` are one record of data, as long as one before it, and more than what
/// is sent without being asked for (HTTP/2's small frames). Only where no padding hides lengths.
bool repeats_request(const Facts& facts, std::uint64_t bytes);

/// In SMTP, after STARTTLS, the client said as much as QUIT, and nothing else: not the greeting
/// that comes first (RFC 3207 section 4.2), which is longer.
bool only_said_quit(const Facts& facts);

}  // namespace legible::proxy::diagnosis
