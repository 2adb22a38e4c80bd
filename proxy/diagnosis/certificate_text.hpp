#pragma once
// Certificates and what is wrong with them, in words.

#include <string>

#include "proxy/diagnosis/facts.hpp"

namespace legible::proxy::diagnosis {

/// The subject, made harmless, in quotation marks.
std::string subject_text(const certs::Certificate& certificate);

/// "CN=leaf, issued by CN=Issuing CA, valid until 2025-01-01T00:00:00Z, 2 certificates sent".
std::string chain_text(const Chain& chain);

/// One problem of a judged chain, with its values.
std::string problem_text(const certs::Problem& problem, const Chain& chain, bool system_anchors);

}  // namespace legible::proxy::diagnosis
