//! Devices and nodes that want in, and this device's own token.

use serde::Serialize;

use crate::method::{NoParams, methods};
use crate::model::pairing::{DevicePairList, NodePairList, PairReply, TokenReply, TokenRotated};

methods! {
    DevicePairsList = "device.pair.list", Pairing, V3, NoParams => DevicePairList;
    DevicePairApprove = "device.pair.approve", Pairing, V3, PairRequestParams => PairReply;
    DevicePairReject = "device.pair.reject", Pairing, V3, PairRequestParams => PairReply;
    NodePairsList = "node.pair.list", Pairing, V3, NoParams => NodePairList;
    NodePairApprove = "node.pair.approve", Pairing, V3, PairRequestParams => PairReply;
    NodePairReject = "node.pair.reject", Pairing, V3, PairRequestParams => PairReply;
    DeviceTokenRotate = "device.token.rotate", Pairing, V3, DeviceTokenParams => TokenRotated;
    DeviceTokenRevoke = "device.token.revoke", Pairing, V3, DeviceTokenParams => TokenReply;
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PairRequestParams {
    pub request_id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceTokenParams {
    pub device_id: String,
    pub role: String,
}
