#pragma once
#include <curl/curl.h>

// What takes a variable number of arguments is out of Swift's reach.
static inline CURLcode ccurl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_set_number(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_set_sink(
    CURL *handle, CURLoption option, size_t (*value)(char *, size_t, size_t, void *)) {
  return curl_easy_setopt(handle, option, value);
}
/// Sends a token as `Authorization: Bearer`, to the host of the address only.
static inline CURLcode ccurl_set_bearer(CURL *handle, const char *token) {
  CURLcode result = curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
  return result ? result : curl_easy_setopt(handle, CURLOPT_XOAUTH2_BEARER, token);
}
static inline CURLcode ccurl_result(const CURLMsg *message) { return message->data.result; }
