//! The health of the service, as `grpc.health.v1` asks for it. What the standard calls `Watch` is not there, which tells whoever
//! watches to stop trying.

use std::future::{Ready, ready};

use tonic::server::UnaryService;
use tonic::{Request, Response, Status};

use crate::messages::{HealthCheckRequest, HealthCheckResponse, ServingStatus};
use crate::service::SERVICE;

/// The path of the one call there is.
pub(crate) const PATH: &str = "/grpc.health.v1.Health/Check";

/// The call.
pub(crate) struct Health {
    pub(crate) is_ready: bool,
}

impl UnaryService<HealthCheckRequest> for Health {
    type Response = HealthCheckResponse;
    type Future = Ready<Result<Response<HealthCheckResponse>, Status>>;

    fn call(&mut self, request: Request<HealthCheckRequest>) -> Self::Future {
        let service = request.into_inner().service;
        if !service.is_empty() && service != SERVICE.as_bytes() {
            return ready(Err(Status::not_found("there is no such service here")));
        }
        let status = if self.is_ready { ServingStatus::Serving } else { ServingStatus::NotServing };
        ready(Ok(Response::new(HealthCheckResponse { status: status.into() })))
    }
}
