//! `/sign-in/oidc`: signing in at an identity provider. A browser goes there with what only its cookie knows, and comes back
//! with a code, which counts once and for that browser alone.
//!
//! Whatever does not belong together ends on the page to sign in, and nothing is written.

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderValue, LOCATION, SET_COOKIE};
use actix_web::web;

use super::answer::Answer;
use super::call::{Call, blocking};
use super::problem::Problem;
use super::provider::{Attempt, Provider, ProviderError};
use super::{auth, sign_in};
use crate::services::oidc;
use crate::services::sessions::FreshSession;

/// The provider that is configured.
pub(super) fn provider(call: &Call) -> Option<&web::Data<Provider>> {
    call.request.app_data::<web::Data<Provider>>()
}

fn get_provider(call: &Call) -> Result<web::Data<Provider>, Problem> {
    sign_in::refuse_in_the_open(call)?;
    let provider = provider(call).ok_or(Problem::NoSuchUrl)?;
    // Each step asks the provider something.
    call.limits().take_sign_in(call.client)?;
    Ok(provider.clone())
}

/// Asks the provider on a thread that may wait.
async fn asked<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ProviderError> + Send + 'static,
) -> Result<T, Problem> {
    blocking(move || Ok(work())).await?.map_err(Problem::Provider)
}

/// Begin to sign in at the identity provider
#[utoipa::path(get, path = "/sign-in/oidc", tag = "sign-in",
    responses((status = 303, description = "Leads to the identity provider.")))]
pub(super) async fn begin(call: Call) -> Answer {
    let provider = get_provider(&call)?;
    let secret = call.app().now()?.secret("attempt");
    let cookie = auth::attempt_cookie(call.app(), &secret);
    match asked(move || provider.ask(&Attempt::new(secret))).await {
        Ok(url) => Ok(HttpResponse::SeeOther()
            .insert_header((LOCATION, url))
            .insert_header((SET_COOKIE, cookie))
            .finish()),
        Err(problem) => sign_in::ended(&call, problem),
    }
}

/// Come back from the identity provider
///
/// Parameters as RFC 6749 (section 4.1.2) and RFC 9207 tell; others are passed over.
#[utoipa::path(get, path = "/sign-in/oidc/callback", tag = "sign-in",
    responses((status = 303, description = "Signed in; leads to the account's page.")))]
pub(super) async fn finish(call: Call) -> Answer {
    let provider = get_provider(&call)?;
    let mut response = match begun(&call, provider).await {
        Ok(fresh) => sign_in::signed_in(&call, &fresh),
        Err(problem) => sign_in::ended(&call, problem)?,
    };
    // One try for each attempt.
    if let Ok(gone) = HeaderValue::try_from(auth::no_attempt_cookie(call.app())) {
        response.headers_mut().append(SET_COOKIE, gone);
    }
    Ok(response)
}

fn not_proven(words: impl Into<String>) -> Problem {
    Problem::Provider(ProviderError::NotProven(words.into()))
}

async fn begun(call: &Call, provider: web::Data<Provider>) -> Result<FreshSession, Problem> {
    let attempt = auth::attempt(call.app(), &call.request).map(Attempt::new);
    let attempt = attempt.filter(|attempt| call.parameter("state") == Some(attempt.state().as_str()));
    let Some(attempt) = attempt else {
        let words = "this sign-in was begun in another browser or more than ten minutes ago, or it is over: begin again";
        return Err(not_proven(words));
    };
    if call.parameter("iss").is_some_and(|issuer| issuer != provider.issuer()) {
        return Err(not_proven(
            "another identity provider answered than the one that was asked: begin again",
        ));
    }
    let Some(code) = call.parameter("code").map(str::to_owned) else {
        let error = call.parameter("error").unwrap_or("it gave no reason");
        return Err(not_proven(format!("the identity provider let nobody in ({error}): begin again")));
    };
    let now = call.app().clock.now();
    let known = asked(move || provider.identify(&attempt, code, now)).await?;
    call.run(move |app, _| oidc::sign_in(app, &known.holder, &known.claims)).await
}
